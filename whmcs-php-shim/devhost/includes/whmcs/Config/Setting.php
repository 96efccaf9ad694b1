<?php

declare(strict_types=1);

namespace WHMCS\Config;

use Devhost\Config;

final class Setting
{
    public static function getValue(string $setting): ?string
    {
        return Config::get($setting);
    }

    public static function setValue(string $setting, $value): void
    {
        Config::set($setting, (string) $value);
    }
}
