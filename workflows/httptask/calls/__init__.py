"""From a rendered task to a request, and from an answer to an output or a problem."""
