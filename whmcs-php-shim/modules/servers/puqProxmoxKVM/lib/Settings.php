<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

use WHMCS\Database\Capsule;

/**
 * The settings of the addon, as WHMCS stores them in tbladdonmodules. Missing or senseless values become the defaults.
 */
final class Settings
{
    public const ADDON = 'puq_proxmox_kvm';
    public const DEFAULT_URL = 'http://127.0.0.1:8472';

    /** @var array<string,string> */
    private $values;

    /** @param array<string,string> $values */
    public function __construct(array $values)
    {
        $this->values = $values;
    }

    public static function load(): self
    {
        $values = [];
        foreach (Capsule::table('tbladdonmodules')->where('module', self::ADDON)->get(['setting', 'value']) as $row) {
            // WHMCS may add an empty row for a declared field beside the one that activation wrote.
            if (!isset($values[$row->setting]) || $values[$row->setting] === '') {
                $values[$row->setting] = (string) $row->value;
            }
        }
        return new self($values);
    }

    public function text(string $name): string
    {
        return trim($this->values[$name] ?? '');
    }

    public function isOn(string $name): bool
    {
        return in_array(strtolower($this->text($name)), ['on', '1', 'yes', 'true'], true);
    }

    /** @return string[] where the service listens, in the order to try; never empty */
    public function urls(): array
    {
        $urls = preg_split('/[\s,]+/', $this->text('sidecar_urls'), -1, PREG_SPLIT_NO_EMPTY);
        return $urls ?: [self::DEFAULT_URL];
    }

    public function connectTimeoutMs(): int
    {
        return $this->milliseconds('connect_timeout', 2.0, 10.0);
    }

    /** Kept below PHP's usual limit of 30 s for a web request. */
    public function totalTimeoutMs(): int
    {
        return $this->milliseconds('total_timeout', 10.0, 25.0);
    }

    /** @return array<string,string> key id => secret; two are valid at once while a secret is being replaced */
    public function keys(): array
    {
        return array_filter(['k1' => $this->text('secret'), 'k2' => $this->text('secret_next')], 'strlen');
    }

    private function milliseconds(string $name, float $default, float $most): int
    {
        $seconds = (float) $this->text($name);
        return (int) (1000 * min($seconds > 0 ? $seconds : $default, $most));
    }
}
