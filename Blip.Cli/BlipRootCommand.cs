using System.CommandLine;
using Blip.Cli.Commands;

namespace Blip.Cli;

/// <summary>The tree of commands.</summary>
internal sealed class BlipRootCommand : RootCommand, IHasExamples
{
    public BlipRootCommand(Terminal terminal)
        : base("Says what is in an image, answers questions about it, and tells what fits it, with BLIP models, on CUDA, OpenCL or the CPU.")
    {
        Add(new CaptionCommand(terminal));
        Add(new AskCommand(terminal));
        Add(new MatchCommand(terminal));
        Add(new EmbedCommand(terminal));
        Add(new IndexCommand(terminal));
        Add(new SearchCommand(terminal));
        Add(new EvalCommand(terminal));
        Add(new BootstrapCommand(terminal));
        Add(new TrainCommand(terminal));
        Add(new TraceCommand(terminal));
        Add(new InfoCommand(terminal));
        Add(new DevicesCommand(terminal));
        ExamplesHelp.Attach(this);
        EmptyNames.Attach(this);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("One sentence about one image", "blip caption photo.jpg"),
        ("A table for a whole folder", "blip caption photos --format csv --output captions.csv"),
        ("A question about an image", "blip ask photo.jpg \"how many dogs are there?\""),
        ("How well a text fits", "blip match photo.jpg --text \"a dog on a beach\""),
        ("Find images by words", "blip index photos && blip search \"a dog on a beach\""),
        ("All the options of captioning", "blip caption --help"),
        ("Why a caption differs", "blip trace photo.jpg --output ours.safetensors && blip trace --compare ours.safetensors reference.safetensors"),
        ("What this machine can run on", "blip devices"),
    ];
}
