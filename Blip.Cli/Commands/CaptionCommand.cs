using System.CommandLine;
using System.CommandLine.Parsing;
using Blip.Cli.Input;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Generation;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

/// <summary><c>blip caption</c>: pictures in, sentences out.</summary>
internal sealed class CaptionCommand : Command, IHasExamples
{
    private const string TraceExtension = ".json";

    private readonly Argument<string[]> paths = new("path")
    {
        Description = "Pictures: files, folders (with their subfolders), patterns such as 'photos/*.jpg' or '**/*.png', or - for a picture from standard input.",
        HelpName = "PATH",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> prompt = OptionKinds.Text("--prompt", "Words that each sentence begins with, such as \"a picture of\".", "TEXT");
    private readonly Option<string[]> badWords = OptionKinds.Texts("--bad-words", "A word, or a row of words, that never comes. May be given again.", "TEXT");
    private readonly Option<string> format = OptionKinds.Choice(
        "--format",
        "text: the sentence, after the path and a tab where there may be several pictures; json: one array; jsonl: one object a line; csv: a table.",
        "text",
        CaptionWriter.Formats);
    private readonly Option<string?> output = OptionKinds.Text("--output", "Write the results to a file; progress is shown meanwhile.", "FILE");
    private readonly Option<string?> attentionMap = OptionKinds.Text("--attention-map", "Write for each word a PNG of where in the picture the model looked.", "DIR");
    private readonly Option<string?> profile = new("--profile")
    {
        Description = $"Show how long each step took; with a file name ending in {TraceExtension}, also write a trace for chrome://tracing or ui.perfetto.dev.",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Terminal terminal;
    private readonly ModelBinding model;
    private readonly GenerationBinding generation;

    public CaptionCommand(Terminal terminal)
        : base("caption", "Says what is in pictures, one sentence each.")
    {
        this.terminal = terminal;
        paths.Validators.Add(RefuseUnknownOptions);
        profile.Validators.Add(RefusePictureAsTrace);
        Add(paths);
        model = new ModelBinding(this);
        foreach (var option in (Option[])[format, output, prompt, badWords, attentionMap, profile])
            Add(option);
        generation = new GenerationBinding(this);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("One picture", "blip caption photo.jpg --model models/blip-image-captioning-base"),
        ("A better sentence, more slowly", "blip caption photo.jpg --num-beams 3"),
        ("A folder to a table", "blip caption photos --format csv --output captions.csv"),
        ("Three different sentences", "blip caption photo.jpg --sample --top-p 0.9 --num-return-sequences 3"),
        ("Begin as told", "blip caption photo.jpg --prompt \"a picture of\""),
        ("From another program", "curl -s https://example.org/photo.jpg | blip caption -"),
        ("Where the model looked", "blip caption photo.jpg --attention-map maps"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var source = model.Resolve(parsed, terminal);
        var options = new CaptionOptions
        {
            Generation = generation.Apply(parsed, Startup.Step(() => GenerationOptions.From(source.GenerationDefaults))),
            Prompt = parsed.GetValue(prompt),
            BadWords = parsed.GetValue(badWords) ?? [],
            Attention = parsed.GetValue(attentionMap) is not null,
        };
        foreach (var idle in generation.WithoutEffect(parsed, options.Generation))
            terminal.Say(idle);

        var arguments = parsed.GetRequiredValue(paths);
        var sources = InputExpansion.Expand(arguments, terminal.OpenInput);
        var maps = AttentionMapFolder.Open(parsed.GetValue(attentionMap));
        CaptionRun.CheckOutput(parsed.GetValue(output));

        var progress = new ProgressLine(terminal.Error, terminal.ErrorIsScreen, sources.Count, terminal.Columns);
        progress.Announce("loading the model …");
        using var captioner = model.Load(parsed, source);
        progress.Clear();
        foreach (var notice in captioner.Notices)
            terminal.Say(notice);
        if (model.ThreadsWithoutEffect(parsed, captioner) is { } line)
            terminal.Say(line);
        var results = Startup.Step(() => captioner.CaptionAllAsync(sources, options, cancellationToken));
        using var report = parsed.GetResult(profile) is { Implicit: false } ? new ProfileReport(terminal, captioner, parsed.GetValue(profile)) : null;

        await using var file = CaptionRun.OpenOutput(parsed.GetValue(output));
        var writer = CaptionWriter.Create(
            parsed.GetRequiredValue(format),
            file ?? terminal.Output,
            bare: arguments.Length == 1 && sources.Count == 1 && sources[0].Name == arguments[0],
            several: options.Generation.NumReturnSequences > 1);
        return await new CaptionRun(terminal, writer, progress, maps).RunAsync(results, sources.Count);
    }

    // What looks like an option and is none would be taken for a picture's name.
    private void RefuseUnknownOptions(ArgumentResult result)
    {
        foreach (var token in result.Tokens.Select(token => token.Value).Where(token => token.Length > 1 && token[0] == '-' && !File.Exists(token)))
        {
            var meant = Spelling.Closest(token, Options.SelectMany(option => option.Aliases.Prepend(option.Name)));
            result.AddError(meant is null ? $"there is no option {token}." : $"there is no option {token}; did you mean {meant}?");
        }
    }

    // "--profile photo.jpg" must not write a trace over the photo.
    private static void RefusePictureAsTrace(OptionResult result)
    {
        if (result.Tokens is [var token] && !token.Value.EndsWith(TraceExtension, StringComparison.OrdinalIgnoreCase))
            result.AddError($"--profile is '{token.Value}'; a trace's name ends in {TraceExtension}. Put --profile after the pictures to see the table alone.");
    }
}
