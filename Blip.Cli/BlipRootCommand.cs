using System.CommandLine;
using System.CommandLine.Help;
using Blip.Cli.Commands;
using Blip.Cli.Help;
using Blip.Cli.Options;

namespace Blip.Cli;

internal sealed class BlipRootCommand : RootCommand, IHasExamples
{
    public BlipRootCommand(Terminal terminal)
        : base("Says what is in an image, answers questions about it, and tells what fits it, with BLIP models, on CUDA, OpenCL or the "
            + "CPU.")
    {
        Add(new CaptionCommand(terminal));
        Add(new AskCommand(terminal));
        Add(new MatchCommand(terminal));
        Add(new LabelCommand(terminal));
        Add(new CompareCommand(terminal));
        Add(new EmbedCommand(terminal));
        Add(new IndexCommand(terminal));
        Add(new SearchCommand(terminal));
        Add(new ServeCommand(terminal));
        Add(new EvalCommand(terminal));
        Add(new BootstrapCommand(terminal));
        Add(new TrainCommand(terminal));
        Add(new TraceCommand(terminal));
        Add(new PullCommand(terminal));
        Add(new ModelsCommand(terminal));
        Add(new InfoCommand(terminal));
        Add(new DevicesCommand(terminal));
        Add(new HelpCommand(terminal, this));
        Add(new VersionCommand(terminal));
        Add(Quiet);
        Add(Verbose);
        Options.OfType<HelpOption>().Single().Description = "Shows how a command is used.";
        var version = Options.OfType<VersionOption>().Single();
        version.Description = "Shows the program's version.";
        version.Aliases.Add("-V");
        AddShortNames(this);
        RefuseUnknownOptions(this);
        GroupedHelp.Attach(this, terminal);
        EmptyNames.Attach(this);
        ReadFiles.Attach(this);
    }

    public Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "Errors and results alone: no notices, no progress.",
        Recursive = true,
    };

    public Option<bool> Verbose { get; } = new("--verbose", "-v")
    {
        Description = "Say more: the model's folder, the device, what drivers say, where an error came from.",
        Recursive = true,
    };

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("One sentence about one image", "blip caption photo.jpg"),
        ("A table for a whole folder", "blip caption photos --format csv --output captions.csv"),
        ("A question about an image", "blip ask photo.jpg \"how many dogs are there?\""),
        ("How well a text fits", "blip match photo.jpg --text \"a dog on a beach\""),
        ("Find images by words", "blip index photos && blip search \"a dog on a beach\""),
        ("A model for photographs", "blip pull Salesforce/blip-image-captioning-base"),
        ("All of it over HTTP", "blip serve"),
        ("All the options of captioning", "blip caption --help"),
        ("Why a caption differs",
            "blip trace photo.jpg --output ours.safetensors && blip trace --compare ours.safetensors reference.safetensors"),
        ("What this machine can run on", "blip devices"),
    ];

    // A misspelt option would otherwise count as an image, a question or a model.
    private static void RefuseUnknownOptions(Command command)
    {
        foreach (var argument in command.Arguments)
        {
            argument.Validators.Add(result =>
            {
                foreach (var token in result.Tokens.Select(token => token.Value)
                    .Where(token => token.Length > 1 && token[0] == '-' && !File.Exists(token)))
                    result.AddError(Spelling.UnknownOption(token, command));
            });
        }
        foreach (var child in command.Subcommands)
            RefuseUnknownOptions(child);
    }

    // Usual short names, the same in every command.
    private static void AddShortNames(Command command)
    {
        foreach (var (name, letter) in ((string, string)[])[("--output", "-o"), ("--model", "-m"), ("--device", "-d")])
            command.Options.FirstOrDefault(option => option.Name == name)?.Aliases.Add(letter);
        foreach (var child in command.Subcommands)
            AddShortNames(child);
    }
}
