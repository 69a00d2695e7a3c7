import { useEffect } from "react";
import { AddTask } from "../catalog/AddTask";
import { FlowPane } from "../flow/FlowPane";
import { useRun } from "../runs/run";
import { blockAt } from "../state/blocks";
import { useDocument } from "../state/document";
import { useDoubts } from "../state/doubts";
import { useDrafts } from "../state/drafts";
import { Later } from "../ui/Later";
import { Tabs } from "../ui/Tabs";
import { useKeys } from "./keys";
import { useLayout, useWide } from "./layout";
import { Notes } from "./Notes";
import { useDefinitions, useDiskWatch, useEarlierRun, useFirstDefinition } from "./opening";
import { Sidebar } from "./Sidebar";
import { TopBar } from "./TopBar";
import "../request/request.css";

const closePanel = () => useLayout.getState().openPanel(null);
const closeRun = () => {
  useRun.getState().forget();
  useRun.getState().close();
};
const yamlEditor = () => import("../editor/YamlEditor");
const conflict = () => import("../editor/DiskConflict");
const taskPane = () => import("../request/TaskPane");
const connections = () => import("../connections/Connections");
const schedules = () => import("../schedules/Schedules");
const keysHelp = () => import("./KeysHelp");
const readmes = () => import("./Readmes");
const runDrawer = () => import("../runs/RunDrawer");
const testRequest = () => import("../testrequest/TestRequest");

/** What others change is looked at by parts of their own: if all of the page were, each word of a run would draw it anew. */
export function App() {
  const path = useDocument((state) => state.path);
  useEffect(() => {
    document.title = path ? `${path} · httptask` : "httptask designer";
  }, [path]);
  return (
    <div className="app">
      <Watching />
      <TopBar />
      <Notes />
      <Sidebar />
      {path === null ? <Nothing /> : <Work key={path} />}
      {path !== null && <Runs />}
      <AddTask />
      <Over />
    </div>
  );
}

/** Goes on with whatever is shown. */
function Watching() {
  useKeys();
  useFirstDefinition();
  useDiskWatch();
  useEarlierRun();
  useDrafts();
  useDoubts();
  return null;
}

function Runs() {
  const running = useRun((state) => state.asking || state.open);
  return running && <Later load={runDrawer} given={{}} giveUp={closeRun} />;
}

/** What lies over the rest of the page. */
function Over() {
  const testing = useLayout((state) => state.testing);
  const panel = useLayout((state) => state.panel);
  return (
    <>
      {panel === "connections" && <Later load={connections} given={{}} giveUp={closePanel} />}
      {panel === "schedules" && <Later load={schedules} given={{}} giveUp={closePanel} />}
      {panel === "disk" && <Later load={conflict} given={{}} giveUp={closePanel} />}
      {panel === "keys" && <Later load={keysHelp} given={{}} giveUp={closePanel} />}
      {panel === "readmes" && <Later load={readmes} given={{}} giveUp={closePanel} />}
      {testing !== null && (
        <Later
          load={testRequest}
          given={{ pointer: testing }}
          giveUp={() => useLayout.getState().test(null)}
        />
      )}
    </>
  );
}

/** No definition is open: there is none, or they are being looked for. */
function Nothing() {
  const { data, error } = useDefinitions();
  if (error) return <main className="empty" />;
  if (!data) return <main className="empty">Looking for definitions …</main>;
  return (
    <main className="empty">
      {data.length ? (
        <p>Opening the first one …</p>
      ) : (
        <>
          <h2>This folder has no definition yet.</h2>
          <p>
            A definition is a YAML file that tells which requests are made, and in what order. Give it a name
            on the left, then add its first task; or paste a curl command there, which becomes that task.
          </p>
        </>
      )}
    </main>
  );
}

function Work() {
  const wide = useWide();
  const block = useDocument((state) => blockAt(state.blocks, state.selected));
  const { pane, showPane } = useLayout();
  const task = block ? (
    <Later load={taskPane} given={{ block }} meanwhile={<p className="empty">Loading the form …</p>} />
  ) : (
    <p className="empty">
      Choose a block to see its fields, or press <kbd>/</kbd> on one to add a task behind it.
    </p>
  );
  const text = (
    <Later load={yamlEditor} given={{}} meanwhile={<p className="empty">Loading the editor …</p>} />
  );
  return (
    <main className={wide ? "work three" : "work"}>
      <FlowPane />
      {wide && (
        <section className="pane" aria-label="Task" data-pane>
          <div className="pane-body">{task}</div>
        </section>
      )}
      {wide ? (
        <section className="pane" aria-label="Text" data-pane>
          <div className="pane-body">{text}</div>
        </section>
      ) : (
        <section className="pane" aria-label="Details" data-pane>
          <Tabs
            label="Details"
            tabs={[
              { id: "text", label: "YAML", content: text },
              { id: "task", label: "Task", content: task },
            ]}
            chosen={pane}
            choose={(id) => showPane(id === "task" ? "task" : "text")}
          />
        </section>
      )}
    </main>
  );
}
