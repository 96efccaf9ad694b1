package phpconf_test

import (
	"encoding/base64"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/app/phpconf"
)

// runFile makes PHP run whole files: "=" and the values of $a, $b and $c in base64, "!" when a file is no PHP.
const runFile = `
error_reporting(0);
$out = [];
$run = function ($code) { eval('?>' . $code); return [$a ?? '', $b ?? '', $c ?? '']; };
foreach (json_decode(stream_get_contents(STDIN)) as $code) {
	ob_start();
	try {
		$left = $run(base64_decode($code)) ?? ['?', '?', '?'];
		$out[] = '=' . implode(',', array_map(function ($v) { return base64_encode(is_array($v) ? 'Array' : (string) $v); }, $left));
	} catch (Throwable $e) { $out[] = '!'; }
	ob_end_clean();
}
echo json_encode($out);`

// statements are the shapes of what stands in configuration files; V is a variable, L a literal, N a fresh number.
func statements() []string {
	return []string{
		"V = L;", "V = L;", "V = L;", "V = L . L;", "V .= L;", "// V = L; \n", "# V = 'x' ?> V = 'html'; <?php ", "/* V = 'x'; */",
		"if (0) { V = L; }", "if (0) V = L;", "if (1) V = L; else V = L;", "if (0): V = L; else: V = L; endif;",
		"if (0): V = L; elseif (1): V = L; endif;", "foreach ([1] as $q) V = L;", "while (0): V = L; endwhile;", "switch (1) { case 2: V = L; }",
		"do { V = L; } while (0);", "try { V = L; } catch (E $e) { V = L; }", "for ($i = 0; $i < 0; $i++) V = L;",
		"if (!function_exists('fN')) { function fN() { V = L; return 1; } }", "$f = function () { V = L; };", "if (!class_exists('CN')) { class CN { public V = 'x'; } }",
		"$x = array(L => L, 'k' => L);", "$x = [L, [L]];", "V = strlen(L);", "V = V . L;", "V = V = L;", "define('DN', L);", "echo L, V == L;",
		"?> V = 'html'; <?php ", "?> <?= V . L ?> <?php ", "if (0) exit;", "if (0) { die(L); }", "V = 1 ? L : L;", "V = L ?> html <?php ", "V == L;", "V = 12;", "V = TRUE;",
		"V = -1;", "V = 'a'[0];", "V = L and 0;", ";;", "{ V = L; }", "V/**/=#c\nL//d\n;", "V ??= L;",
	}
}

func file() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		b.WriteString("<?php\n")
		for range rapid.IntRange(1, 6).Draw(t, "statements") {
			shape := rapid.SampledFrom(statements()).Draw(t, "shape")
			for _, r := range shape {
				switch r {
				case 'V':
					b.WriteString("$" + rapid.SampledFrom([]string{"a", "a", "b", "c"}).Draw(t, "variable"))
				case 'L':
					b.WriteString(literal().Draw(t, "literal"))
				default:
					b.WriteRune(r)
				}
			}
			b.WriteString("\n")
		}
		return b.String()
	})
}

// What Parse says about a variable, PHP must say too; it may say less.
func TestParse_isNeverSureOfAWrongValue(t *testing.T) {
	t.Parallel()
	php, err := exec.LookPath("php")
	if err != nil {
		t.Skip("php is not installed; it is what this test compares with")
	}
	rapid.Check(t, func(t *rapid.T) {
		files := rapid.SliceOfN(file(), 1, 30).Draw(t, "files")
		for i := range files {
			files[i] = strings.ReplaceAll(files[i], "N", strconv.Itoa(i)+"_") // PHP knows a function's name for ever
		}
		for i, verdict := range ask(t, php, runFile, files) {
			if verdict[0] == '=' {
				compareFile(t, files[i], strings.Split(verdict[1:], ","))
			}
		}
	})
}

func compareFile(t *rapid.T, src string, values []string) {
	t.Helper()
	vars, err := phpconf.Parse(src)
	if err != nil {
		t.Fatalf("%s\nParse: %v, and PHP can run it", src, err)
	}
	for i, name := range []string{"a", "b", "c"} {
		want, _ := base64.StdEncoding.DecodeString(values[i])
		if got, ok := vars[name]; ok && got.Err == nil && got.Text != string(want) {
			t.Fatalf("%s\n$%s is %q, PHP has %q", src, name, got.Text, want)
		}
	}
}
