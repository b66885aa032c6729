"""The colours of lines, the same in pictures and on the page."""

#: Okabe and Ito's colours, told apart by the colour-blind. Those too bright for a white ground or
#: too dark for a dark one are moved until they stand out from both, three to one at the least. A
#: layer has that of its place: ``w1`` the first.
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#a87400", "#3a97cf", "#767676")
