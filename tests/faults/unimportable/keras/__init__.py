raise ImportError("libsomething.so.1: cannot open shared object file\nand more lines")
