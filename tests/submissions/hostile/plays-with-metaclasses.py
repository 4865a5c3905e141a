# hostile: gives its nodes a metaclass that lies about names, equality and instances; node-creation: error; scores 0
class Meta(type):
    __eq__ = __instancecheck__ = __subclasscheck__ = lambda self, other: True
    __hash__ = lambda self: 0
    __name__ = __module__ = property(lambda self: "numpy")
    __mro__ = property(lambda self: (float, object))


class Node(metaclass=Meta):
    __eq__ = lambda self, other: True
    __hash__ = lambda self: 0
    __getattr__ = lambda self, name: Node()

    def __init__(self, *_):
        pass

create_node = add = sub = mul = div = log = exp = sin = cos = forward = backward = Node
