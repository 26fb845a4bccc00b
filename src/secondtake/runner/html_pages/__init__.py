"""The pages to open in a browser: one file each, which asks nothing of any other.

A page is a jinja2 template of templates/, with modules and style sheets of static/ inlined.
"""
