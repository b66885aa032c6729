"""What the browser gets: the page's templates, its style and scripts, and what these draw with.

That is plotly.js without the kinds of pictures that the page has not, which is a third of it:
``plotly-cartesian.min.js`` of the npm package ``plotly.js-cartesian-dist-min``, as it is, in gzip.
"""
