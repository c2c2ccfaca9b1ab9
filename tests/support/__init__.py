"""Fakes that several tests share: scripted cells, records and whole runs, so that nothing needs to be measured."""
