// main.cc - the command line: parse, call, print.
int main() { return 2; }
