"""The colours of lines, and of signs, the same in pictures and on the page."""

#: Okabe and Ito's colours, told apart by the colour-blind. Those too bright for a white ground or
#: too dark for a dark one are moved until they stand out from both, three to one at the least. A
#: layer has that of its place: ``w1`` the first.
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#a87400", "#3a97cf", "#767676")

#: Blue below 0, white at it and orange above, told apart by the colour-blind. Of equal sizes blue
#: is the darker one, so that a print in grey tells the signs apart too.
SIGNED = ("#08306b", "#2c6fae", "#8db9de", "#ffffff", "#f9c795", "#ea8d3f", "#c4560a")
