"""`--format svg`: the flow as a picture, laid out here.

lettering   how wide text is, and where it breaks
boxes       a step as lines of text in a box, with its size
layers      which row each box of a frame stands in, and in which order
columns     where in its row it stands
arrangement one frame: boxes in rows, and the ways of the edges between them
frames      frames in frames, up to the whole flow
shapes      boxes, frames and edges as SVG elements
drawing     the picture with its heading and colours

A frame is arranged on its own and then stands in its surroundings as a single box. So nothing
overlaps, edges meet boxes only at their ends, and a change inside a frame moves little outside.
"""
