"""The dashboards against the types that Grafana publishes for them (npm package @grafana/schema), by TypeScript's compiler.

Each dashboard and each panel becomes a literal of its type: an unknown or misspelt field, a value that Grafana doesn't have or
one of the wrong kind does not compile. Needs npm and its registry, and is skipped by name where those are not to be had.
"""
import json
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from dashboards_test import boards, panels  # noqa: E402
from lacking import lacking  # noqa: E402

# What the versions are for: the same types and the same compiler every day.
PACKAGES = {"@grafana/schema": "13.2.3", "typescript": "5.9.3"}
# Grafana's word for a panel's type, and the module that describes its options and its fields' custom settings.
MODULES = {"stat": "stat/panelcfg/x/StatPanelCfg", "table": "table/panelcfg/x/TablePanelCfg",
           "timeseries": "timeseries/panelcfg/x/TimeSeriesPanelCfg",
           "state-timeline": "statetimeline/panelcfg/x/StateTimelinePanelCfg", "text": "text/panelcfg/x/TextPanelCfg"}
# An enumeration's members are written as words in JSON; options that are left out have Grafana's defaults.
TYPES = """
type Words<T> = 0 extends 1 & T ? any : T extends string ? `${T}` : T extends number ? T : T extends boolean ? T
    : T extends (infer Item)[] ? Words<Item>[] : T extends object ? { [Key in keyof T]?: Words<T[Key]> } : T;
type Defaults<Custom> = Omit<FieldConfig, 'custom'> & { custom?: Custom };
type Shown<Options, Custom> = Words<Omit<Panel, 'options' | 'fieldConfig'>> & { options: Words<Options>;
    fieldConfig: Words<Omit<FieldConfigSource, 'defaults'>> & { defaults: Words<Defaults<Custom>> } };
"""
# A check that can't fail is none: each of these must be refused, by the type of its kind of panel.
WRONG = (("a misspelt option", "stat", {"options": {"colourMode": "value"}}),
         ("a value that Grafana has not", "stat", {"options": {"colorMode": "rainbow"}}),
         ("a value of another kind", "stat", {"options": {"colorMode": 3}}),
         ("a misspelt field", "stat", {"gridPoz": {"x": 0, "y": 0, "w": 4, "h": 4}}),
         ("an unknown unit of the grid", "stat", {"gridPos": {"x": "0", "y": 0, "w": 4, "h": 4}}),
         ("a custom value that the series lacks", "timeseries",
          {"fieldConfig": {"defaults": {"custom": {"drawStyle": "lines"}}, "overrides": []}}),
         ("a misspelt custom field", "timeseries", {"fieldConfig": {"defaults": {"custom": {"drawing": "line"}}, "overrides": []}}))


def shown(module, panel):
    """The type of a panel of that module: some have no custom settings of fields."""
    custom = "{}" if panel["type"] in ("stat", "text") else module + ".FieldConfig"
    return f"Shown<{module}.Options, {custom}>"


def source():
    """The program that compiles if all dashboards are what Grafana expects."""
    lines = ["import type { Dashboard, FieldConfig, FieldConfigSource, Panel } from '@grafana/schema';"]
    names = {}
    for number, (kind, module) in enumerate(MODULES.items()):
        names[kind] = f"kind{number}"
        lines.append(f"import type * as kind{number} from '@grafana/schema/dist/esm/raw/composable/{module}_types.gen';")
    lines.append(TYPES)
    for name, board in boards().items():
        whole = {key: value for key, value in board.items() if key != "panels"}
        lines.append(f"// {name}\nexport const {board['uid'].replace('-', '_')}: Words<Dashboard> = {json.dumps(whole)};")
        for panel in panels(board):
            module = names[panel["type"]]
            lines.append(f"// {name}, panel {panel['id']}, {panel.get('title', '')}\n"
                         f"export const {board['uid'].replace('-', '_')}_{panel['id']}: {shown(module, panel)} = {json.dumps(panel)};")
    for number, (what, kind, change) in enumerate(WRONG):
        panel = {"type": kind, "options": {}, "fieldConfig": {"defaults": {}, "overrides": []}, **change}
        lines.append(f"// @ts-expect-error {what}\nexport const wrong{number}: {shown(names[kind], panel)} = {json.dumps(panel)};")
    return "\n".join(lines) + "\n"


class GrafanasSchema(unittest.TestCase):
    def test_the_dashboards_are_what_grafana_publishes(self):
        folder = os.path.join(os.path.dirname(os.environ["PNCP_BIN_DIR"]), "grafana-schema")
        os.makedirs(folder, exist_ok=True)
        self.install(folder)
        with open(os.path.join(folder, "dashboards.ts"), "w") as file:
            file.write(source())
        checked = subprocess.run([os.path.join(folder, "node_modules", ".bin", "tsc"), "--noEmit", "--strict", "--module", "esnext",
                                  "--moduleResolution", "bundler", "--skipLibCheck", "dashboards.ts"],
                                 cwd=folder, text=True, capture_output=True, timeout=240)
        self.assertEqual(checked.returncode, 0, checked.stdout[-4000:] + checked.stderr)

    def install(self, folder):
        """The packages in the build folder, fetched once."""
        wanted = {"private": True, "dependencies": PACKAGES}
        manifest = os.path.join(folder, "package.json")
        if os.path.exists(os.path.join(folder, "node_modules", ".bin", "tsc")) and os.path.exists(manifest):
            with open(manifest) as file:
                if json.load(file) == wanted:
                    return
        if shutil.which("npm") is None:
            lacking("npm is not installed")
        with open(manifest, "w") as file:
            json.dump(wanted, file)
        fetched = subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, text=True,
                                 capture_output=True, timeout=200)
        if fetched.returncode != 0:
            os.remove(manifest)
            lacking("npm could not fetch Grafana's types: " + (fetched.stderr.strip().splitlines() or ["no reason given"])[-1])


if __name__ == "__main__":
    unittest.main()
