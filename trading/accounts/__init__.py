"""Accounts: who may sign in, with which roles, and the units they act for."""
