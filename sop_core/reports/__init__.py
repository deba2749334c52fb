"""What people read of a procedure: guidance, paths, charts, gaps and differences. Values in, text out."""
