"""How Pis join, are let in, and leave: the use cases behind the pages, the API and the command line.

``keys`` makes the keys that an image carries, ``waiting`` decides about Pis that need a person, ``registration`` adds
devices ahead, ``leaving`` takes them out of service. Everything is for administrators and leaves an audit entry.
"""
