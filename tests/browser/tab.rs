//! A tab of the browser with a page in it.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::chromium::Chromium;

/// A phone, and a large screen.
pub const PHONE: (u32, u32) = (360, 740);
pub const DESK: (u32, u32) = (1280, 900);

pub struct Tab {
    browser: Chromium,
    session: String,
}

impl Tab {
    /// A tab that shows a page.
    pub fn new(html: &str) -> Self {
        let mut tab = Self::blank();
        tab.load(html);
        tab
    }

    /// A tab that shows nothing yet.
    pub fn blank() -> Self {
        let mut browser = Chromium::start();
        let target = browser.call(None, "Target.createTarget", json!({ "url": "about:blank" }));
        let id = &target["targetId"];
        let attach = json!({ "targetId": id, "flatten": true });
        let session = browser.call(None, "Target.attachToTarget", attach);
        let session = session["sessionId"].as_str().unwrap().to_owned();
        let mut tab = Self { browser, session };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        tab
    }

    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.browser.call(Some(&self.session), method, parameters)
    }

    pub fn load(&mut self, html: &str) {
        let url = self.browser.file("report.html", html);
        self.visit(&url);
    }

    /// A file beside the page.
    pub fn keep(&self, name: &str, html: &str) {
        self.browser.file(name, html);
    }

    pub fn visit(&mut self, url: &str) {
        self.browser.events.clear();
        self.call("Page.navigate", json!({ "url": url }));
        self.browser.wait_for("Page.loadEventFired");
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let asked =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", asked);
        let thrown = answer.get("exceptionDetails");
        assert!(thrown.is_none(), "{expression}: {thrown:?}");
        answer["result"]["value"].take()
    }

    /// The same, as strings.
    pub fn strings(&mut self, expression: &str) -> Vec<String> {
        let value = self.value(expression);
        serde_json::from_value(value.clone())
            .unwrap_or_else(|error| panic!("{expression}: {error}: {value}"))
    }

    /// Sets the width and the height of the screen.
    pub fn resize(&mut self, (width, height): (u32, u32)) {
        let mobile = width < 600;
        let screen =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        self.call("Emulation.setDeviceMetricsOverride", screen);
    }

    /// `screen` or `print`, `light` or `dark`.
    pub fn media(&mut self, media: &str, scheme: &str) {
        let scheme = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call(
            "Emulation.setEmulatedMedia",
            json!({ "media": media, "features": scheme }),
        );
    }

    /// Presses and releases a key.
    pub fn press(&mut self, key: &str, text: &str) {
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let event = json!({ "type": kind, "key": key, "code": key, "text": text,
                "windowsVirtualKeyCode": if key == "Enter" { 13 } else { 9 } });
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Everything that must not happen: failed scripts, violations of the policy, dialogs, requests for anything but
    /// the page.
    pub fn mishaps(&mut self) -> Vec<String> {
        // Wait for pending events first.
        self.value("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
        let mut mishaps = Vec::new();
        for event in &self.browser.events {
            let method = event["method"].as_str().unwrap_or_default();
            let url = event["params"]["request"]["url"]
                .as_str()
                .unwrap_or_default();
            let is_page = url.starts_with("file://") && url.ends_with("/report.html");
            match method {
                "Runtime.exceptionThrown"
                | "Log.entryAdded"
                | "Page.javascriptDialogOpening"
                | "Runtime.consoleAPICalled" => mishaps.push(event.to_string()),
                "Network.requestWillBeSent" if !is_page => mishaps.push(event.to_string()),
                _ => {}
            }
        }
        mishaps
    }

    /// Keeps a screenshot of the whole page.
    pub fn picture(&mut self, name: &str) {
        let asked = json!({ "captureBeyondViewport": true });
        let answer = self.call("Page.captureScreenshot", asked);
        keep(&format!("{name}.png"), &answer["data"]);
    }

    /// Prints the page.
    pub fn paper(&mut self, name: &str) -> Vec<u8> {
        let asked = json!({ "preferCSSPageSize": true, "printBackground": false });
        let answer = self.call("Page.printToPDF", asked);
        std::fs::read(keep(&format!("{name}.pdf"), &answer["data"])).unwrap()
    }
}

fn keep(name: &str, base64: &Value) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join(name);
    std::fs::write(&path, STANDARD.decode(base64.as_str().unwrap()).unwrap()).unwrap();
    path
}
