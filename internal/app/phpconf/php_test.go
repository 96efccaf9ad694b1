package phpconf_test

import (
	"encoding/base64"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/app/phpconf"
)

// evaluate makes PHP itself judge assignments: "=" and the value in base64, "$" when it uses a variable or an
// operator that is no ".", "!" when it is no PHP.
const evaluate = `
error_reporting(0);
$out = [];
foreach (json_decode(stream_get_contents(STDIN)) as $code) {
	$code = base64_decode($code);
	$live = 0;
	foreach (token_get_all('<?php ' . $code) as $t) {
		$live += is_array($t) && in_array($t[0], [T_VARIABLE, T_DOLLAR_OPEN_CURLY_BRACES, T_CURLY_OPEN]);
	}
	try {
		$v = null;
		if ($live > 1) { $out[] = '$'; continue; }
		ob_start(); // what stands behind a closing tag is printed
		eval($code);
		$out[] = '=' . base64_encode((string) $v);
	} catch (Throwable $e) { $out[] = '!'; }
	ob_end_clean();
}
echo json_encode($out);`

// pieces are what literals are made of: everything that means something in one form or another.
func pieces() []string {
	return []string{
		`\\`, `\'`, `\"`, `\$`, `\n`, `\t`, `\r`, `\v`, `\e`, `\f`, `\0`, `\7`, `\101`, `\400`, `\8`, `\x4`, `\x41`, `\X7f`,
		`\xg`, `\u{41}`, `\u{e9}`, `\u{10FFFF}`, `\u{d800}`, `\u00e9`, `\q`, `\{`, "\\`", "$", "$", "$ ", "{$", "${", "{", "}", "`", "a", "Z", "_",
		"7", " ", "\t", "\n", "\r\n", "\r", "é", "\xff", "\x00", "?>", "<?php", "/*", "*/", "//", "#", ";", ".", "EOT", "localhost:/run/m.sock",
	}
}

func literal() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		body := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces()), 0, 12).Draw(t, "pieces"), "")
		indent := rapid.SampledFrom([]string{"", "", "  ", "\t"}).Draw(t, "indent")
		switch form := rapid.SampledFrom([]string{"'", `"`, "<<<EOT", `<<<"EOT"`, "<<< 'EOT'", "b'", "number"}).Draw(t, "form"); form {
		case "'", "b'":
			return form + body + "'"
		case `"`:
			return `"` + body + `"`
		case "number":
			return " " + rapid.StringMatching(`0|[1-9][0-9]{0,8}`).Draw(t, "number") + " "
		default:
			return form + "\n" + indent + strings.ReplaceAll(body, "\n", "\n"+indent) + "\n" + indent + "EOT"
		}
	})
}

func TestParse_agreesWithPHP(t *testing.T) {
	t.Parallel()
	php, err := exec.LookPath("php")
	if err != nil {
		t.Skip("php is not installed; it is what this test compares with")
	}
	rapid.Check(t, func(t *rapid.T) {
		var codes []string
		for range 40 {
			parts := rapid.SliceOfN(literal(), 1, 3).Draw(t, "literals")
			codes = append(codes, "$v = "+strings.Join(parts, ".")+";")
		}
		for i, verdict := range ask(t, php, evaluate, codes) {
			compare(t, codes[i], verdict)
		}
	})
}

func ask(t *rapid.T, php, program string, codes []string) []string {
	t.Helper()
	in := make([]string, len(codes))
	for i, c := range codes {
		in[i] = base64.StdEncoding.EncodeToString([]byte(c))
	}
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(php, "-n", "-d", "extension=tokenizer", "-r", program)
	cmd.Stdin = strings.NewReader(string(body))
	out, err := cmd.Output()
	var verdicts []string
	if err != nil || json.Unmarshal(out, &verdicts) != nil || len(verdicts) != len(codes) {
		t.Fatalf("php: %v, answered %s", err, out)
	}
	return verdicts
}

func compare(t *rapid.T, code, verdict string) {
	t.Helper()
	vars, err := phpconf.Parse("<?php " + code)
	got := vars["v"]
	switch verdict[0] {
	case '=':
		want, _ := base64.StdEncoding.DecodeString(verdict[1:])
		if err != nil || got.Err != nil || got.Text != string(want) {
			t.Fatalf("%q: got %q (%v, %v), PHP has %q", code, got.Text, got.Err, err, want)
		}
	case '$':
		if err == nil && got.Err == nil {
			t.Fatalf("%q: got %q, PHP would have to run it", code, got.Text)
		}
	}
}
