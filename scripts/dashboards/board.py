"""Grafana's JSON of one dashboard, in a few words: panels flow from left to right over 24 columns, ids count up."""

DATASOURCE_UID = "pncp-influxdb"
# Grafana replaces it; so a dashboard never names the datasource of one installation.
DATASOURCE = {"type": "influxdb", "uid": "${datasource}"}
COLUMNS = 24


def query(text, alias=None, table=False):
    """One InfluxQL query of a panel."""
    target = {"query": text, "rawQuery": True, "resultFormat": "table" if table else "time_series"}
    if alias:
        target["alias"] = alias
    return target


def tag_values(name, label, text, **more):
    """A variable filled by a query."""
    return {"type": "query", "name": name, "label": label, "datasource": DATASOURCE, "query": text,
            "refresh": 2, "sort": 7, "includeAll": False, "multi": False, **more}


def choice(name, label, values, **more):
    """A variable with fixed values; the first is the default. Others can be typed in."""
    options = [{"text": value, "value": value, "selected": value == values[0]} for value in values]
    return {"type": "custom", "name": name, "label": label, "query": ",".join(values), "options": options,
            "current": options[0], "includeAll": False, "multi": False, "allowCustomValue": True, **more}


def steps(*pairs):
    """Thresholds: steps("green", (70, "orange"), (80, "red"))."""
    made = [{"color": pairs[0], "value": None}]
    return {"mode": "absolute", "steps": made + [{"color": color, "value": value} for value, color in pairs[1:]]}


def states(**colors):
    """How texts or booleans are shown: states(connected="green")."""
    return [{"type": "value", "options": {name: {"color": color, "index": index, "text": name}
                                          for index, (name, color) in enumerate(colors.items())}}]


class Board:
    def __init__(self, uid, title, description, variables, links=()):
        self.panels, self.x, self.y, self.height = [], 0, 0, 0
        datasource = {"type": "datasource", "name": "datasource", "label": "Data source", "query": "influxdb",
                      "current": {"text": "PNCP", "value": DATASOURCE_UID}, "refresh": 1, "includeAll": False,
                      "multi": False, "options": []}
        self.json = {
            "uid": uid, "title": title, "description": description, "tags": ["pncp"], "schemaVersion": 39, "version": 1,
            "editable": True, "graphTooltip": 1, "refresh": "30s", "timezone": "", "time": {"from": "now-3h", "to": "now"},
            "templating": {"list": [datasource, *variables]}, "annotations": {"list": []}, "links": list(links),
            "panels": self.panels}

    def row(self, title):
        self._end_line()
        self._place({"type": "row", "title": title, "collapsed": False, "panels": []}, COLUMNS, 1)
        self._end_line()

    def panel(self, kind, title, queries, unit, width=8, height=8, options=None, custom=None, defaults=None, **more):
        """`defaults` go beside the unit, `custom` into the drawing of a series, `options` into the panel's kind."""
        for index, target in enumerate(queries):
            target.update(refId=chr(ord("A") + index), datasource=DATASOURCE)
        field = {"unit": unit, **(defaults or {})}
        field["custom"] = custom or {}
        self._place({"type": kind, "title": title, "datasource": DATASOURCE, "targets": queries, "options": options or {},
                     "fieldConfig": {"defaults": field, "overrides": more.pop("overrides", [])}, **more}, width, height)

    def stat(self, title, queries, unit="none", width=4, thresholds=None, description="", **defaults):
        self.panel("stat", title, queries, unit, width, 4, description=description,
                   options={"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                            "colorMode": "value", "graphMode": "none", "textMode": "auto", "justifyMode": "auto"},
                   defaults={"noValue": "no data", "thresholds": thresholds or steps("green"), **defaults})

    def lines(self, title, queries, unit, width=8, stacked=False, **defaults):
        custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 20 if stacked else 5, "spanNulls": 120000,
                  "showPoints": "never", "stacking": {"mode": "normal" if stacked else "none", "group": "A"}}
        self.panel("timeseries", title, queries, unit, width, custom=custom, defaults=defaults,
                   options={"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
                            "tooltip": {"mode": "multi", "sort": "desc"}})

    def timeline(self, title, queries, mappings, width=12, height=6):
        self.panel("state-timeline", title, queries, "none", width, height, custom={"fillOpacity": 80, "lineWidth": 0},
                   options={"mergeValues": True, "showValue": "never", "alignValue": "left", "rowHeight": 0.9,
                            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
                            "tooltip": {"mode": "single", "sort": "none"}},
                   defaults={"mappings": mappings})

    def table(self, title, queries, width=24, height=8, unit="none", **more):
        self.panel("table", title, queries, unit, width, height, custom={"align": "auto", "cellOptions": {"type": "auto"}},
                   options={"showHeader": True, "cellHeight": "sm"}, **more)

    def _place(self, panel, width, height):
        if self.x + width > COLUMNS:
            self._end_line()
        panel["id"] = len(self.panels) + 1
        panel["gridPos"] = {"x": self.x, "y": self.y, "w": width, "h": height}
        self.panels.append(panel)
        self.x, self.height = self.x + width, max(self.height, height)

    def _end_line(self):
        self.x, self.y, self.height = 0, self.y + self.height, 0
