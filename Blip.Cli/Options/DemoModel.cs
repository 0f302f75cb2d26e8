namespace Blip.Cli.Options;

/// <summary>A model that comes with the program, for a first try without a download.</summary>
/// <param name="Folder">Its folder in <c>weights</c>.</param>
/// <param name="Noun">Its name.</param>
/// <param name="ForPhotographs">The real model that does the same.</param>
internal sealed record DemoModel(string Folder, string Noun, string ForPhotographs)
{
    /// <summary>Writes captions.</summary>
    public static readonly DemoModel Captioning = new("captioning", "captioner", "Salesforce/blip-image-captioning-base");

    /// <summary>Compares images and texts.</summary>
    public static readonly DemoModel Retrieval = new("retrieval", "matcher", "Salesforce/blip-itm-base-coco");

    /// <summary>Answers questions.</summary>
    public static readonly DemoModel Answering = new("vqa", "answerer", "Salesforce/blip-vqa-base");

    /// <summary>The word that names it on the command line, as long as nothing there is called so.</summary>
    public const string Name = "demo";

    /// <summary>Where it lies: beside the program.</summary>
    public string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "weights", Folder);

    /// <summary>The notice where it works by default.</summary>
    public string Notice => $"no --model: using the demo {Noun}, which knows drawn shapes only (for photographs: --model {ForPhotographs})";

    /// <summary>A model as the command line names it.</summary>
    /// <param name="model">The name; null for none.</param>
    /// <returns>The demo's folder where it is meant, else the name itself.</returns>
    public string PathOf(string? model) => model is null || (model == Name && !System.IO.Path.Exists(model)) ? Path : model;
}
