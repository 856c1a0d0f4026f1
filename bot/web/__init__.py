"""What a browser gets: the widget, the pages, and their texts."""
