"""Compiles programs, and finds names that they never give a meaning and modules that they never use."""
import ast
import builtins
import sys


def given(node):
    """The names that are given a meaning somewhere in a function or class, or in the whole program."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            yield inner.id
        elif isinstance(inner, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)):
            yield inner.name
        elif isinstance(inner, ast.arg):
            yield inner.arg


def used(node):
    """The names that are looked up."""
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)}


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    compile(text, path, "exec")
    program = ast.parse(text)
    imported = set()
    for node in ast.walk(program):
        if isinstance(node, ast.Import):
            imported.update(alias.name.split(".")[0] for alias in node.names)
    unused = imported - used(program)
    functions = [node for node in program.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    rest = ast.Module([node for node in program.body if node not in functions], [])
    everywhere = imported | set(dir(builtins)) | set(given(rest)) | {node.name for node in functions}
    unknown = used(rest) - everywhere
    for function in functions:
        unknown |= used(function) - everywhere - set(given(function))
    if unknown or unused:
        sys.exit(f"{path}: unknown {unknown}, unused {unused}\n{text}")
