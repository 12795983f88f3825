"""Flow in, flow out: one function a file, none of them ever raises."""
