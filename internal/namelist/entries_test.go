package namelist

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func pairs(list []entry) []string {
	out := []string{}
	for _, e := range list {
		out = append(out, string(e.ip)+"="+string(e.reverse))
	}
	return out
}

func TestEntries_keepTheStoredOrderAndLeaveOutWhatIsNoName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"as PHP writes it":       {`{"192.0.2.10":"b.example.org","192.0.2.9":"a.example.org"}`, []string{"192.0.2.10=b.example.org", "192.0.2.9=a.example.org"}},
		"IPv6 in full":           {`{"2001:0db8:0000:0000:0000:0000:0000:0010":"a.example.org"}`, []string{"2001:0db8:0000:0000:0000:0000:0000:0010=a.example.org"}},
		"spaces and lines":       {" {\n\t\"192.0.2.1\" : \"a.example.org\" ,\r\n \"192.0.2.2\":\"b.example.org\" } \n", []string{"192.0.2.1=a.example.org", "192.0.2.2=b.example.org"}},
		"escapes":                {`{"192.0.2\u002e1":"a\u002eexample.org"}`, []string{"192.0.2.1=a.example.org"}},
		"beyond ASCII":           {`{"192.0.2.1":"büro.example.org","192.0.2.2":"b\u00fcro.example.org"}`, []string{"192.0.2.1=büro.example.org", "192.0.2.2=büro.example.org"}},
		"numbers, lists, null":   {`{"192.0.2.1":7,"192.0.2.2":["a"],"192.0.2.3":null,"192.0.2.4":true,"192.0.2.5":"e.example.org"}`, []string{"192.0.2.5=e.example.org"}},
		"nested":                 {`{"192.0.2.1":{"192.0.2.2":"a.example.org"},"192.0.2.3":"c.example.org"}`, []string{"192.0.2.3=c.example.org"}},
		"half a character":       {`{"192.0.2.1":"a\ud800b.example.org","192.0.2.2":"b.example.org"}`, []string{"192.0.2.2=b.example.org"}},
		"empty names":            {`{"192.0.2.1":"","192.0.2.2":"b.example.org"}`, []string{"192.0.2.2=b.example.org"}},
		"no addresses":           {`{"":"a.example.org","x":"b.example.org","192.0.2.300":"c.example.org","fe80::1%eth0":"d.example.org","192.0.2.1":"e.example.org"}`, []string{"192.0.2.1=e.example.org"}},
		"no names":               {`{"192.0.2.1":"a b","192.0.2.2":"<b>","192.0.2.3":"a\"b","192.0.2.4":"a\nb","192.0.2.5":"a/b","192.0.2.6":"d.example.org"}`, []string{"192.0.2.6=d.example.org"}},
		"a name of 256":          {`{"192.0.2.1":"` + strings.Repeat("a", 256) + `","192.0.2.2":"` + strings.Repeat("a", 255) + `"}`, []string{"192.0.2.2=" + strings.Repeat("a", 255)}},
		"the same address again": {`{"192.0.2.1":"a.example.org","192.0.2.2":"b.example.org","192.0.2.1":"c.example.org"}`, []string{"192.0.2.1=c.example.org", "192.0.2.2=b.example.org"}},
		"nothing":                {``, []string{}},
		"white space":            {" \n", []string{}},
		"no array of PHP":        {`[]`, []string{}},
		"an empty object":        {`{}`, []string{}},
		"null":                   {`null`, []string{}},
	} {
		got, ok := entriesOf([]byte(c.text), nil)
		if !ok {
			t.Errorf("%s: refused", name)
			continue
		}
		if d := cmp.Diff(c.want, pairs(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestEntries_refuseTheWholeOfWhatIsNoObject(t *testing.T) {
	t.Parallel()
	whole := `{"192.0.2.1":"a.example.org"}`
	for _, text := range []string{
		"x", `"text"`, "7", "true", `["192.0.2.1"]`, `{"192.0.2.1":"a.example.org"`, `{"192.0.2.1":"a.example.org",}`, `{"192.0.2.1" "a"}`,
		`{"192.0.2.1":"a.example.org"} x`, whole + whole, `{192.0.2.1:"a"}`, `{'192.0.2.1':'a'}`, `{"192.0.2.1":"a`, `{"192.0.2.1":a.example.org}`,
		strings.Repeat(`{"192.0.2.1":`, 20000), "<html>", whole[:len(whole)-1] + "]", "\x00", "{", `{,}`, `{"a":1,,"b":2}`, "\f" + whole, whole + "\f",
	} {
		if got, ok := entriesOf([]byte(text), nil); ok {
			t.Errorf("%.60q gave %v", text, pairs(got))
		}
	}
}

// Many addresses go another way through the code; it must not matter.
func TestEntries_readManyAddressesLikeFew(t *testing.T) {
	t.Parallel()
	for _, n := range []int{fewNames - 1, fewNames, fewNames + 1, 3000} {
		var text strings.Builder
		var want []string
		for i := range n {
			ip, name := fmt.Sprintf("10.0.%d.%d", i/256, i%256), fmt.Sprintf("h%d.example.org", i)
			text.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
			fmt.Fprintf(&text, "%q:%q", ip, name)
			want = append(want, ip+"="+name)
		}
		got, ok := entriesOf([]byte(text.String()+"}"), nil)
		if !ok {
			t.Fatal("refused")
		}
		if d := cmp.Diff(want, pairs(got)); d != "" {
			t.Errorf("%d addresses (-want +got):\n%s", n, d)
		}
	}
}

// The fast way may refuse, but never reads anything else than the slow one.
func FuzzScan(f *testing.F) {
	for _, text := range []string{`{"192.0.2.1":"a.example.org"}`, `{"a":"b","a":"c"}`, `{"a" : "b" , "c":"d"} `, `{"a":1}`, `{"":""}`, `{"a":"b"}{`, "{\"a\":\"\x7f\"}", "{\"a\":\"b\"}\f"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		fast, ok := scan(text, nil)
		if !ok {
			return
		}
		slow, ok := parse(text, nil)
		if !ok {
			t.Fatalf("%q was read as %v, and is no object", text, pairs(fast))
		}
		if d := cmp.Diff(pairs(slow), pairs(fast)); d != "" {
			t.Errorf("%q (-slow +fast):\n%s", text, d)
		}
	})
}

func TestText_isWrittenAsByPHP(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"vm-1.example.org": "vm-1.example.org",
		"büro.example.org": `b\u00fcro.example.org`,
		"例え.jp":            `\u4f8b\u3048.jp`,
		"😀.example":        `\ud83d\ude00.example`,
	} {
		if got := string(appendText(nil, []byte(text))); got != want {
			t.Errorf("%s is written %s, want %s", text, got, want)
		}
	}
}

func FuzzRow(f *testing.F) {
	f.Add([]byte("vm.example.org"), []byte(`{"192.0.2.1":"a.example.org"}`))
	f.Add([]byte("b&uuml;ro.example.org"), []byte(`{"::1":"ä"}`))
	f.Fuzz(func(t *testing.T, domain, names []byte) {
		p := newPress()
		for range 2 {
			if err := p.row(1, domain, names); err != nil {
				t.Fatal(err)
			}
		}
		var list []map[string]string
		if err := json.Unmarshal(append(bytes.Clone(p.page), ']'), &list); err != nil {
			t.Fatalf("%q with %q gives %s: %v", domain, names, p.page, err)
		}
		for _, e := range list {
			if len(e) != 3 || e["forward"] == "" || e["ip"] == "" || e["reverse"] == "" {
				t.Errorf("%q with %q gives %v", domain, names, e)
			}
		}
	})
}

// The fast ways say yes only to what netip takes too.
func FuzzIsAddress(f *testing.F) {
	for _, text := range []string{"192.0.2.1", "0.0.0.0", "255.255.255.255", "256.0.0.1", "01.2.3.4", "1.2.3", "1.2.3.4.5", "1..2.3", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:0DB8:0000:0000:0000:0000:0000:000g", "::1", "fe80::1%eth0", "", "00.0.0.0"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := netip.ParseAddr(string(text))
		if want := err == nil && a.Zone() == ""; isAddress(text) != want {
			t.Errorf("%q is an address: %t, want %t", text, isAddress(text), want)
		}
	})
}

func TestPages_giveBackWhatWasWritten(t *testing.T) {
	t.Parallel()
	var p pages
	var want []byte
	for n := 0; len(want) < 5*pageSize; n += 7777 {
		text := bytes.Repeat([]byte{byte(n)}, n)
		want = append(want, text...)
		if wrote, err := p.Write(text); wrote != n || err != nil {
			t.Fatalf("wrote %d of %d, %v", wrote, n, err)
		}
	}
	got, err := io.ReadAll(p.reader())
	if err != nil || !bytes.Equal(got, want) || len(p) != len(want)/pageSize+1 {
		t.Errorf("%d bytes came back of %d, in %d pages, %v", len(got), len(want), len(p), err)
	}
}
