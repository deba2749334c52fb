"""The transfer sheet: what a project is, how a sheet is read and checked, how a project is found."""
