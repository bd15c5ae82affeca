"""What a file holds, format by format; hostile files meet it in a process of its own."""
