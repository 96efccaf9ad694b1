<?php

declare(strict_types=1);

namespace WHMCS\UsageBilling\Contracts\Metrics;

interface UnitInterface
{
    /** A value for people, with the unit behind it. */
    public function decorate($value);
}
