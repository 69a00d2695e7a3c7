import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Problem } from "../api/client";
import { getInputForm } from "../api/endpoints";
import type { JsonObject } from "../api/types";
import { AddSchemaField, fieldAdded } from "../request/schemaFields";
import { useDocument } from "../state/document";
import { Refused } from "../ui/Prose";

const SCHEMA = "/input/schema/document";

/** The schema that the definition has for its input; null where it has none. */
export function useInputForm() {
  const { path, text } = useDocument();
  return useQuery({
    queryKey: ["input", path, text],
    queryFn: () => getInputForm(path ?? "", text),
    gcTime: 0,
    placeholderData: (before) => before,
  });
}

/** Adds fields to the input of the definition: what they hold in detail is written in its text. */
export function AddInput() {
  const [open, setOpen] = useState(false);
  return (
    <details className="add-input" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Add a field to its schema</summary>
      {open && <NewField />}
    </details>
  );
}

function NewField() {
  const { data } = useInputForm();
  const [refused, setRefused] = useState<Problem | null>(null);
  if (!data) return null;
  const schema = data.schema as JsonObject | null;
  return (
    <>
      <AddSchemaField
        schema={schema}
        add={async (...field) => {
          const { edit, forgetProblem } = useDocument.getState();
          const done = await edit(fieldAdded({ pointer: SCHEMA, schema }, ...field));
          setRefused(done ? null : useDocument.getState().problem);
          forgetProblem(); // it is told here, for the page may lie under a dialog
          return done;
        }}
      />
      {refused && <Refused error={refused} />}
    </>
  );
}
