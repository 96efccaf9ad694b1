package ippool_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

const sheetHead = "server_id,type,bridge,vlan,gateway,mask,dns1,dns2,address_start,address_stop\n"

func written(t interface{ Fatal(args ...any) }, forms ...ippool.Form) string {
	var b strings.Builder
	if err := ippool.WriteCSV(&b, forms); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCSV_isHeadedByTheFields(t *testing.T) {
	t.Parallel()
	got := written(t, goodForm().Tidy())
	want := sheetHead + "1,ipv4,vmbr0,4094,192.0.2.1,24,9.9.9.9,2001:db8::53,192.0.2.10,192.0.2.20\n"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Whatever stands in the table, no cell begins with what a spreadsheet calculates, and the text comes back as it was.
func TestCSV_neutralisesFormulasAndTakesItBack(t *testing.T) {
	t.Parallel()
	for text, cell := range map[string]string{
		"=1+1": "'=1+1", "+x": "'+x", "-vmbr0": "'-vmbr0", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "'=x": "''=x", "'vmbr": "'vmbr", "''-": "'''-", "vm=br": "vm=br",
	} {
		got := written(t, ippool.Form{Server: cell, Bridge: text})
		lines, err := ippool.ReadCSV(got)
		if err != nil || len(lines) != 1 || lines[0].Form.Bridge != text || !strings.Contains(got, cell) {
			t.Errorf("%q: %v, %v from %q", text, lines, err, got)
		}
	}
	cell := rapid.StringMatching(`['=+@\-\t;, "x0-9.:|\n]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		f := ippool.Form{Server: "1"}
		for _, field := range ippool.Fields()[1:] {
			f.Set(field, cell.Draw(t, field))
		}
		text := written(t, f)
		lines, err := ippool.ReadCSV(text)
		if err != nil || len(lines) != 1 || lines[0].Form != f {
			t.Fatalf("%+v came back as %+v, %v\n%s", f, lines, err, text)
		}
		assertHarmless(t, text)
	})
}

func assertHarmless(t *rapid.T, text string) {
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, cell := range slices.Concat(all...) {
		if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
			t.Fatalf("the cell %q begins a formula", cell)
		}
	}
}

func TestCSV_readsWhatSpreadsheetsSave(t *testing.T) {
	t.Parallel()
	want := ippool.Form{Server: "1", Bridge: "vmbr0", Gateway: "192.0.2.1", Mask: "24", Start: "192.0.2.10", Stop: "192.0.2.20"}
	for name, text := range map[string]string{
		"semicolons and Windows lines": "\ufeffserver_id;bridge;gateway;mask;address_start;address_stop\r\n1;vmbr0;192.0.2.1;24;192.0.2.10;192.0.2.20\r\n",
		"tabs":                         "server_id\tbridge\tgateway\tmask\taddress_start\taddress_stop\n1\tvmbr0\t192.0.2.1\t24\t192.0.2.10\t192.0.2.20",
		"other order and capitals":     "Mask, Bridge,SERVER_ID,Gateway,Address_Stop,Address_Start\n24,vmbr0,1,192.0.2.1,192.0.2.20,192.0.2.10\n,,,,,\n\n",
		"quotes":                       "server_id,bridge,gateway,mask,address_start,address_stop\n\"1\",\"vmbr0\",\"192.0.2.1\",\"24\",\"192.0.2.10\",\"192.0.2.20\"\n",
	} {
		lines, err := ippool.ReadCSV(text)
		if err != nil || len(lines) != 1 || lines[0] != (ippool.Line{Number: 2, Form: want}) {
			t.Errorf("%s: %+v, %v", name, lines, err)
		}
	}
}

func TestCSV_namesTheLineThatIsWrong(t *testing.T) {
	t.Parallel()
	good := "1,ipv4,vmbr0,0,192.0.2.1,24,,,192.0.2.10,192.0.2.20\n"
	for text, want := range map[string]string{
		"":                                  "Line 1: The text is empty",
		"\n\n":                              "Line 1: The text is empty",
		"a,b\n":                             `Line 1: There is no column "a"`,
		"mask,mask\n":                       "Line 1: The column mask stands there twice",
		"mask\n24\n":                        "Line 1: The column server_id is missing",
		sheetHead:                           "Line 1: There is no pool below",
		sheetHead + good + "\n1,2\n" + good: "Line 4: The line has 2 cells under 10 columns",
		sheetHead + good + "1,\"ipv4,x\n":   "Line 3: The quotation marks",
		sheetHead + strings.Repeat(good, ippool.MaxLines+1): "Line 5002: These are more than 5000 pools",
	} {
		lines, err := ippool.ReadCSV(text)
		if err == nil || len(lines) != 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %d lines, %v; want %q", text, len(lines), err, want)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add(sheetHead + "1,ipv4,vmbr0,0,192.0.2.1,24,,,192.0.2.10,192.0.2.20\n")
	f.Add("server_id;mask\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := ippool.ReadCSV(text)
		if (err == nil) == (len(lines) == 0) {
			t.Errorf("%d lines and %v", len(lines), err)
		}
	})
}
