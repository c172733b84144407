// A program needs a source; this one exists for its precompiled header.
int main() {}
