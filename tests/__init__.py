"""The tests: contract/, unit/, render/, cli/; support/ has the fakes that they share."""
