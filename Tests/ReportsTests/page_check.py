"""Looks at a page of Lacuna in a real, headless Chromium: python3 page_check.py PAGE.html [no-viewer] [path] [large]

Prints one line for each check, and ends with 1 at the first that fails. It asks for nothing from a network.
"""

import json
import pathlib
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

page = pathlib.Path(sys.argv[1]).resolve()
has_viewer = "no-viewer" not in sys.argv
is_path = "path" in sys.argv
# Among thousands of atoms a raster of clicks need not find one of the few with an energy.
is_large = "large" in sys.argv


def check(holds, what):
    print(("passed: " if holds else "FAILED: ") + what, flush=True)
    if not holds:
        driver.quit()
        sys.exit(1)


def wait_for(condition, seconds=25):
    end = time.time() + seconds
    while time.time() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    return condition()


ANY = object()


def cells(section, name, wanted, what, is_whole=True):
    """Every cell of a table beside the data: words alike, numbers within half of their last digit, nothing for None.

    ANY is not looked at, nor are the rows after those that are wanted where the table is not looked at as a whole.
    """
    if not wanted:
        return
    shown = driver.execute_script(
        "return [...arguments[0].querySelectorAll('[data-table=' + arguments[1] + '] tbody tr:not(.group)')].map("
        "row => [...row.cells].map(cell => cell.textContent))",
        section, name,
    )
    check(len(shown) == len(wanted) if is_whole else len(shown) > len(wanted), "%d rows of %s" % (len(wanted), what))
    wrong, count = [], 0
    for texts, values in zip(shown, wanted):
        check(len(texts) >= len(values), "%d columns of %s" % (len(values), what))
        for text, value in zip(texts, values):
            if value is ANY:
                continue
            count += 1
            if value is None:
                holds = text.strip() in ("", "\u2013")
            elif isinstance(value, str):
                holds = text.startswith(value[:100])
            else:
                number = text.replace("\u2212", "-").replace("\u00b1", "").strip()
                digits = len(number.partition(".")[2])
                try:
                    holds = abs(float(number) - value) <= 0.5001 * 10**-digits and (digits >= 2 or float(value).is_integer())
                except ValueError:
                    holds = False
            if not holds:
                wrong.append("%r for %r" % (text[:40], str(value)[:40]))
    check(count > 0 and not wrong, "%d cells of %s %s" % (count, what, wrong[:5]))


options = Options()
options.binary_location = "/usr/bin/chromium"
for argument in (
    "--headless=new --no-sandbox --disable-dev-shm-usage --use-angle=swiftshader --enable-unsafe-swiftshader "
    "--window-size=1200,1000 --disable-background-networking --disable-component-update"
).split():
    options.add_argument(argument)
options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
driver.execute_cdp_cmd("Network.enable", {})
started = time.time()
driver.get(page.as_uri())
css = lambda selector: driver.find_elements("css selector", selector)
data = json.loads(driver.execute_script("return document.getElementById('data').textContent"))
print("loaded in %.1f s" % (time.time() - started))

# What stands there is what the data says.
for number, assessment in enumerate(data["assessments"]):
    document = assessment["document"]
    card = css(".card")[number]
    check(card.get_attribute("data-verdict") == document["verdict"][:40], "the verdict of assessment %d" % number)
    margin = card.find_element("css selector", "[data-quantity=margin]").text.replace("\u2212", "-")
    wanted = document["margin_ev_per_atom"]
    shown = [float(word.lstrip("+")) for word in margin.replace("\u00b1", " ").split()]
    check(
        abs(shown[0] - wanted["value"]) < 6e-4 and abs(shown[1] - wanted["standard_uncertainty"]) < 6e-4,
        "its margin: " + margin,
    )
    section = css("#assessment-%d" % number)[0]
    both = [[entry["value"], entry["standard_uncertainty"]] for entry in (document["work_of_adhesion"]["ev_per_atom"], document["work_of_adhesion"]["j_per_m2"])]
    cells(section, "energies", [[ANY, ANY, *both[0], *both[1]]], "W_ad and its uncertainties", is_whole=False)
    cells(
        section, "vacancies",
        [[entry["place"][:160], entry["layer"], entry["equivalent_sites"], entry["unrelaxed_ev"], entry.get("unrelaxed_deviation_ev"),
          entry.get("relaxed_ev"), entry.get("relaxed_deviation_ev")]
         for entry in document["vacancies"]], "vacancies",
    )
    cells(
        section, "registries",
        [[entry["name"][:160], entry["rigid_gap_angstrom"], entry.get("relaxed_gap_angstrom"),
          entry["rigid_work_of_adhesion_ev_per_atom"], entry.get("relaxed_work_of_adhesion_ev_per_atom"), entry["force_calls"]]
         for entry in document["registries"]], "registries",
    )
    if document.get("paper"):
        cells(section, "paper", [[ANY, ANY, row.get("paper", ANY), row["ours"], row["difference"]] for row in document["paper"]], "the paper's numbers")
for number, reproduction in enumerate(data["reproductions"]):
    section = css("#reproduction-%d" % number)[0]
    rows = {entry["id"][:80]: entry for entry in reproduction["document"]["rows"]}
    keys = [row.get_attribute("data-key") for row in section.find_elements("css selector", "[data-table=comparison] tbody tr[data-key]")]
    check(set(keys) == {key for key, entry in rows.items() if entry.get("ours") is not None}, "a row for each quantity that was computed")
    # A range of the paper's is words, not a number.
    cells(
        section, "comparison", [[ANY, ANY, rows[key].get("paper", ANY), rows[key]["ours"], rows[key].get("difference")] for key in keys],
        "paper, ours and difference",
    )
for number, entry in enumerate(data["paths"]):
    section = css("#path-%d" % number)[0]
    if entry.get("way"):
        cells(section, "stops", [[stop["layer"], stop.get("energy_relative_ev"), stop["force_calls"]] for stop in entry["way"]["stops"]], "stops")
        cells(
            section, "hops",
            [["%d to %d" % (hop["from"], hop["to"]), hop.get("forward_barrier_ev"), hop.get("reverse_barrier_ev"), hop["force_calls"]]
             for hop in entry["way"]["hops"]], "barriers",
        )
    else:
        band = entry["band"]
        forces = band.get("forces_along_ev_per_angstrom") or [None] * len(band["distances_angstrom"])
        cells(
            section, "images",
            [list(row) for row in zip(range(len(forces)), band["distances_angstrom"], band["energies_relative_ev"], forces)], "images",
        )
check(len(css("svg.figure")) >= 1, "%d plots" % len(css("svg.figure")))

views = css(".view")
if views and has_viewer:
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", views[0])
    check(wait_for(lambda: views[0].get_attribute("data-state") == "ready"), "the view of the atoms is ready")
    time.sleep(1)
    place = views[0].find_element("css selector", ".view-canvas")
    size = driver.execute_script("const r = arguments[0].getBoundingClientRect(); return [r.width, r.height]", place)
    # The drawing itself: a screenshot of the place, its colours counted by the page's own canvas.
    picture = driver.get_screenshot_as_base64()
    corner = driver.execute_script("const r = arguments[0].getBoundingClientRect(); return [r.left, r.top]", place)
    colours = driver.execute_async_script(
        """
        const [data, [left, top], [width, height], done] = arguments, image = new Image();
        image.onload = () => {
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [width, height];
          const context = canvas.getContext("2d");
          context.drawImage(image, -left, -top);
          // The frame around the drawing is left out.
          const pixels = context.getImageData(4, 4, width - 8, height - 8).data, counts = new Map();
          for (let i = 0; i < pixels.length; i += 4) {
            const key = pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2];
            counts.set(key, (counts.get(key) || 0) + 1);
          }
          done([counts.size, 1 - Math.max(...counts.values()) * 4 / pixels.length]);
        };
        image.src = "data:image/png;base64," + data;
        """,
        picture, corner, size,
    )
    check(colours[0] > 50 and colours[1] > 0.02, "atoms are drawn: %d colours, %.0f %% not background" % (colours[0], 100 * colours[1]))
    if is_path:
        slider = views[0].find_element("css selector", "input[type=range]")
        driver.execute_script("arguments[0].value = 2; arguments[0].dispatchEvent(new Event('input'))", slider)
        check(views[0].get_attribute("data-selected-site") == "2", "the slider shows image 2")
    own = "figure[data-viewer=\"%s\"] svg.figure .point.is-link" % views[0].get_attribute("data-view")
    links = css(own)
    check(len(links) > 1, "%d points are linked to atoms" % len(links))
    for point in (links[0], links[-1]):
        driver.execute_script(
            "arguments[0].closest('figure').scrollIntoView({block: 'center', behavior: 'instant'})", point
        )
        time.sleep(0.3)
        if is_path:
            # Images lie close together: the keyboard tells them apart.
            driver.execute_script("arguments[0].focus()", point)
            ActionChains(driver).send_keys(Keys.ENTER).perform()
        else:
            ActionChains(driver).move_to_element(point).click().perform()
        site = point.get_attribute("data-site")
        check(wait_for(lambda: views[0].get_attribute("data-selected-site") == site, 3), "choosing a point selects site " + site)
        check(wait_for(lambda: point.get_attribute("aria-pressed") == "true", 3), "and the point says so")
    if not is_path and not is_large:
        driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", place)
        time.sleep(0.5)
        before = views[0].get_attribute("data-selected-site")
        hit = None
        # Where the atoms are is the viewer's to know: clicks on a raster find one.
        for row in range(3, 17):
            for column in range(2, 19):
                x, y = size[0] * (column / 20 - 0.5), size[1] * (row / 20 - 0.5)
                ActionChains(driver, duration=0).move_to_element_with_offset(place, x, y).click().perform()
                after = views[0].get_attribute("data-selected-site")
                if after != before:
                    hit = after
                    break
            if hit is not None:
                break
        check(hit is not None, "a click on an atom selects site %s" % hit)
        pressed = [p.get_attribute("data-site") for p in css(own + "[aria-pressed=true]")]
        check(len(pressed) >= 1, "and its point in the plot: %s" % pressed)
    # Turning it: as many pictures in a second as a person needs.
    frames = driver.execute_async_script(
        """
        const done = arguments[1], canvas = arguments[0].querySelector("canvas") ||
          [...arguments[0].querySelectorAll("*")].map(e => e.shadowRoot && e.shadowRoot.querySelector("canvas")).find(Boolean);
        const box = canvas.getBoundingClientRect(), start = performance.now();
        let count = 0, x = box.left + 60;
        const send = (type) => canvas.dispatchEvent(new MouseEvent(type, {bubbles: true, clientX: x, clientY: box.top + 60, buttons: 1, button: 0}));
        send("mousedown");
        const turn = () => {
          x += 2; send("mousemove"); count += 1;
          if (performance.now() - start < 1500) requestAnimationFrame(turn);
          else { send("mouseup"); done(count / 1.5); }
        };
        requestAnimationFrame(turn);
        """,
        place,
    )
    print("turning: %.0f pictures a second without a graphics card" % frames)
    check(frames >= 1, "it turns")
elif views:
    check(all(view.get_attribute("data-state") == "absent" for view in views), "the views say that the viewer is not installed")

for scheme in ("light", "dark"):
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    background = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    levels = [int(word) for word in background.strip("rgba()").split(",")[:3]]
    check((sum(levels) > 600) if scheme == "light" else (sum(levels) < 200), "%s: %s" % (scheme, background))
width = driver.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
check(width[0] <= width[1], "nothing is wider than the window")
check(driver.execute_script("return typeof window.hostile") == "undefined", "no script of the data's ran")

requests = [
    json.loads(entry["message"])["message"] for entry in driver.get_log("performance")
]
urls = {
    message["params"]["request"]["url"].split("#")[0][:60]
    for message in requests if message["method"] == "Network.requestWillBeSent"
}
own = page.as_uri()[:60]
foreign = [url for url in urls if not url.startswith(("data:", "blob:", own))]
check(not foreign, "no request but for the page itself %s" % foreign)
severe = [entry["message"][:200] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
check(not severe, "no error on the console %s" % severe)
driver.quit()
print("all passed in %.0f s" % (time.time() - started))
