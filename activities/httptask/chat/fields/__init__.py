"""The fields of `POST /chat/completions`: one declaration from which everything about them is made.

`request` and its neighbours declare them as types; `shapes` is how those are read; `check` holds values against them,
`json_schema` describes them to editors.
"""
