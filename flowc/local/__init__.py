"""The engine behind `flowc run`: a flow's regions, with each task a process on this machine."""
