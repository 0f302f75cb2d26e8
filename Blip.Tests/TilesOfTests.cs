using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;

namespace Blip.Tests;

/// <summary>No test tunes by surprise, and no process that tests start: only <see cref="Kernels.TileTuningTests"/>, by an option.</summary>
internal static class TilesOfTests
{
    [ModuleInitializer]
    internal static void TurnTuningOff()
    {
        if (string.IsNullOrEmpty(Switches.Read(Switches.Tile)))
            Environment.SetEnvironmentVariable(Switches.Tile, "off");
    }
}
