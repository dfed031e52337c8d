"""Compiles programs, and finds names that they never give a meaning and modules that they never use."""
import ast
import builtins
import sys

for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    compile(text, path, "exec")
    meant, used, imported = set(dir(builtins)), set(), set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else meant).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            meant.add(node.name)
        elif isinstance(node, ast.arg):
            meant.add(node.arg)
        elif isinstance(node, ast.ExceptHandler):
            meant.add(node.name)
        elif isinstance(node, ast.Import):
            imported.update(alias.name.split(".")[0] for alias in node.names)
    if used - meant - imported or imported - used:
        sys.exit(f"{path}: unknown {used - meant - imported}, unused {imported - used}\n{text}")
