using System.CommandLine;
using Blip.Cli.Commands;

namespace Blip.Cli;

/// <summary>The tree of commands.</summary>
internal sealed class BlipRootCommand : RootCommand, IHasExamples
{
    public BlipRootCommand(Terminal terminal)
        : base("Says in words what is in a picture, with BLIP models, on CUDA, OpenCL or the CPU.")
    {
        Add(new CaptionCommand(terminal));
        Add(new EvalCommand(terminal));
        Add(new InfoCommand(terminal));
        Add(new DevicesCommand(terminal));
        ExamplesHelp.Attach(this);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("One sentence about one picture", "blip caption photo.jpg"),
        ("A table for a whole folder", "blip caption photos --format csv --output captions.csv"),
        ("All the options of captioning", "blip caption --help"),
        ("What this machine can run on", "blip devices"),
    ];
}
