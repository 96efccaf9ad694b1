<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

use WHMCS\Database\Capsule;

/** The addon's settings as WHMCS stores them in tbladdonmodules. Missing or senseless values become the defaults. */
final class Settings
{
    public const ADDON = 'puq_proxmox_kvm';

    private array $values;

    public function __construct(array $values) { $this->values = $values; }

    public static function load(): self
    {
        $values = [];
        foreach (Capsule::table('tbladdonmodules')->where('module', self::ADDON)->get(['setting', 'value']) as $row) {
            // WHMCS may keep an empty row of a declared field beside the one that activation wrote.
            $values[$row->setting] = ($values[$row->setting] ?? '') ?: trim((string) $row->value);
        }
        return new self($values);
    }

    public static function store(string $name, string $value): void
    {
        Capsule::table('tbladdonmodules')->updateOrInsert(['module' => self::ADDON, 'setting' => $name], ['value' => $value]);
    }

    public function text(string $name): string { return $this->values[$name] ?? ''; }

    /** @return string[] where the service listens, in the order to try; never empty */
    public function urls(): array { return preg_split('/[\s,]+/', $this->text('sidecar_urls'), -1, PREG_SPLIT_NO_EMPTY) ?: ['http://127.0.0.1:8472']; }

    /** The total must stay below PHP's usual limit of 30 s for a web request. */
    public function milliseconds(string $name, float $default, float $most): int { return (int) (1000 * min(max(0, (float) $this->text($name)) ?: $default, $most)); }

    /** @return array<string,string> key id => secret; two are valid at once while the secret is being replaced */
    public function keys(): array { return array_filter(['k1' => $this->text('secret'), 'k2' => $this->text('secret_next')], 'strlen'); }
}
