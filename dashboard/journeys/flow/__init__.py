"""The flow of journeys: its graph, layout, picture and card."""
