<?php

declare(strict_types=1);

namespace WHMCS\UsageBilling\Metrics\Units;

use WHMCS\UsageBilling\Contracts\Metrics\UnitInterface;

class FloatingPoint implements UnitInterface
{
    private $name;

    public function __construct(string $name)
    {
        $this->name = $name;
    }

    public function decorate($value)
    {
        return number_format((float) $value, 2) . ' ' . $this->name;
    }
}
