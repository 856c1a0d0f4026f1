"""An inert stand-in for TensorFlow 2.12: every attribute and submodule resolves to an empty class or module.

Rasa 3.6 imports TensorFlow at start and subclasses, decorates and annotates with its names, but calls nothing of it
unless a component such as DIET is in the pipeline. See the README beside this package.
"""

import importlib.abc
import importlib.machinery
import sys
import types

is_placeholder = True
__version__ = "2.12.0"


class _InertType(type):
    """A metaclass whose classes answer any public attribute with a further inert class."""

    def __getattr__(cls, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        inert = _InertType(name, (Inert,), {})
        setattr(cls, name, inert)
        return inert


class Inert(metaclass=_InertType):
    """A class that can be subclassed, called as a decorator and read from, and does nothing."""

    def __new__(cls, *args: object, **kwargs: object) -> object:
        if len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType):
            return args[0]
        return super().__new__(cls)

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __call__(self, *args: object, **kwargs: object) -> object:
        if len(args) == 1 and isinstance(args[0], (types.FunctionType, type)):
            return args[0]
        return self

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return Inert()


class _InertModule(types.ModuleType):
    """A module of which every public attribute is an inert class; exceptions stay exceptions."""

    def __getattr__(self, name: str) -> object:
        return _attribute(self.__name__, name)


def _attribute(module: str, name: str) -> object:
    if name.startswith("__"):
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    if name.endswith(("Error", "Exception")):
        value: object = type(name, (Exception,), {})
    else:
        value = _InertType(name, (Inert,), {})
    setattr(sys.modules[module], name, value)
    return value


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds any submodule of tensorflow, and keras, which comes with the real one. A keras that is installed wins."""

    def find_spec(self, fullname, path=None, target=None):  # type: ignore[no-untyped-def]
        if fullname.split(".")[0] in (__name__, "keras"):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec):  # type: ignore[no-untyped-def]
        return _InertModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def __getattr__(name: str) -> object:
    return _attribute(__name__, name)


sys.meta_path.append(_Finder())
