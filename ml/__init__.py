"""Texts to vectors to topics to labels. Pure: strings and arrays in, arrays and dataclasses out."""
