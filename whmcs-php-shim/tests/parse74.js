// Parses the PHP half as PHP 7.4 and refuses everything newer: the modules must run on the oldest PHP that WHMCS allows,
// which is not the one that runs the tests.
//
//     node parse74.js            all files of modules/ and devhost/
//     node parse74.js FILE...    these files
//
// First it proves itself: every snippet below that is newer than 7.4 must be refused, every other one accepted.
'use strict';

const fs = require('fs');
const path = require('path');
const { Engine } = require('php-parser');

const parser = new Engine({ parser: { version: '7.4', suppressErrors: false }, ast: { withPositions: true } });

// Types and functions that the grammar of 7.4 accepts as ordinary names, and PHP 7.4 does not know.
const newerTypes = new Set(['mixed', 'never', 'static', 'null', 'false', 'true']);
const newerFunctions = new Set(['array_all', 'array_any', 'array_find', 'array_find_key', 'array_is_list', 'array_first',
  'array_last', 'curl_upkeep', 'enum_exists', 'fdiv', 'fsync', 'get_debug_type', 'get_mangled_object_vars', 'get_resource_id',
  'json_validate', 'mb_str_pad', 'mb_trim', 'preg_last_error_msg', 'str_contains', 'str_ends_with',
  'str_starts_with', 'ini_parse_quantity', 'odbc_connection_string_quote']);

// Kind of node => why it is newer than 7.4, or nothing. The parser itself refuses what 7.4's grammar cannot read.
const rules = {
  uniontype: () => 'union type (8.0)',
  intersectiontype: () => 'intersection type (8.1)',
  enum: () => 'enum (8.1)',
  match: () => 'match (8.0)',
  namedargument: () => 'named argument (8.0)',
  nullsafepropertylookup: () => 'nullsafe operator (8.0)',
  typereference: (node) => newerTypes.has(node.name.toLowerCase()) && `type ${node.name} (8.0 or later)`,
  parameter: (node) => (node.flags && 'constructor promotion (8.0)') || (isNew(node.value) && 'new as a default (8.1)'),
  property: (node) => node.readonly && 'readonly property (8.1)',
  class: (node) => node.isReadonly && 'readonly class (8.2)',
  number: (node) => /^0o/i.test(node.value) && 'octal prefix 0o (8.1)',
  staticlookup: (node) => node.offset.name === 'class' && node.what.kind !== 'name' && !/^(self|parent|static)reference$/.test(node.what.kind)
    && '::class on a value (8.0)',
  call: (node) => node.what.kind === 'name' && newerFunctions.has(node.what.name.replace(/^\\/, '').toLowerCase())
    && `function ${node.what.name} (8.0 or later)`,
};

function isNew(value) {
  return value && value.kind === 'new';
}

// Faults of one source text, each with its line.
function faultsOf(source) {
  let tree;
  try {
    tree = parser.parseCode(source);
  } catch (error) {
    return [error.message];
  }
  const faults = [];
  walk(tree, (node) => {
    const why = rules[node.kind] && rules[node.kind](node);
    if (why) faults.push(`${why} on line ${node.loc ? node.loc.start.line : '?'}`);
  });
  return faults;
}

function walk(node, visit) {
  if (Array.isArray(node)) return node.forEach((child) => walk(child, visit));
  if (!node || typeof node !== 'object') return undefined;
  if (typeof node.kind === 'string') visit(node);
  return Object.keys(node).forEach((key) => key !== 'loc' && walk(node[key], visit));
}

const refused = ['$a = match (1) { 1 => 2 };', 'enum A { case B; }', 'enum A: string { case B = "b"; }', 'f(a: 1);', '$a?->b;',
  'function f(int|string $a) {}', 'function f(A&B $a) {}', 'class A { public function __construct(private int $a) {} }',
  'class A { public readonly int $a; }', 'readonly class A {}', '$f = strlen(...);', 'function f(): never {}',
  'function f(): mixed {}', 'function f(): static {}', 'function f(mixed $a) {}', 'class A { public mixed $a; }',
  '$x = $y ?? throw new E();', 'try { } catch (E) { }', 'function f($a,) {}', '$n = 0o17;', 'class A { final const X = 1; }',
  'function f($a = new B) {}', '$a::class;', 'class A { const int X = 1; }', 'str_contains("a", "b");', '\\array_is_list([]);'];
const accepted = ['$f = fn ($x) => $x * 2;', 'class A { private ?int $a = null; }', '$a ??= 1;', '$n = 1_000;', '[$a, [$b]] = $c;',
  'f(...$a);', '$x = [...$a, ...$b];', 'f($a, $b,);', 'try { } catch (A | B $e) { }', 'A::class; self::class;', 'function f(?int $a): void {}',
  '$a = static fn (string ...$x): int => 1;', 'self::{f($a)}($b);', "$a = <<<'X'\n  a\n  X;"];

function proveItself() {
  const prefix = '<?php ';
  const missed = refused.filter((code) => faultsOf(prefix + code).length === 0);
  const wrong = accepted.filter((code) => faultsOf(prefix + code).length > 0);
  missed.forEach((code) => console.error(`parse74: newer than 7.4, but accepted: ${code}`));
  wrong.forEach((code) => console.error(`parse74: fine in 7.4, but refused: ${code} (${faultsOf(prefix + code)})`));
  return missed.length + wrong.length;
}

function phpFiles(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return phpFiles(file);
    return entry.name.endsWith('.php') ? [file] : [];
  });
}

const shim = path.join(__dirname, '..');
const given = process.argv.slice(2);
const files = given.length > 0 ? given : ['modules', 'devhost'].flatMap((folder) => phpFiles(path.join(shim, folder)));
let bad = proveItself();
for (const file of files) {
  for (const fault of faultsOf(fs.readFileSync(file, 'utf8'))) {
    console.error(`${path.relative(process.cwd(), file)}: ${fault}`);
    bad += 1;
  }
}
if (bad === 0) console.log(`parse74: ${files.length} files are PHP 7.4, ${refused.length} newer features are refused`);
process.exitCode = bad === 0 ? 0 : 1;
