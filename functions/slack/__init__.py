"""The slack function: commands, modals, buttons and typeahead behind one HTTP route."""
