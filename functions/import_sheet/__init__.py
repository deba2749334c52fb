"""Workbook to sheet: examined, read, checked, loaded, indexed and ready to activate."""
