"""The tests: contract/, unit/, report/, cli/; support/ has the fakes that they share."""
