"""Reading API documents: OpenAPI 3.0, 3.1 and 3.2, Swagger 2.0, as tolerantly as people publish them.

Plain JSON data and references that are followed when somebody asks: no typed model or validator reads what is really
published. What is wrong in a document is named, and the rest of it is read.
"""
