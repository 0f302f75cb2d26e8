namespace Blip.Cli.Help;

/// <summary>The groups of options, in the help's order.</summary>
internal enum OptionGroup
{
    /// <summary>Images, texts and data sets.</summary>
    Input,

    /// <summary>Files and formats that are written.</summary>
    Output,

    /// <summary>Which model.</summary>
    Model,

    /// <summary>Where it runs.</summary>
    Device,

    /// <summary>The parts of a command's task.</summary>
    Task,

    /// <summary>The search for a sentence.</summary>
    Search,

    /// <summary>Sentences at random.</summary>
    Sampling,

    /// <summary>Which tokens may come.</summary>
    Rules,

    /// <summary>Where the model looked.</summary>
    Attention,

    /// <summary>Which texts are kept.</summary>
    Selection,

    /// <summary>Work in many processes.</summary>
    Cluster,

    /// <summary>How long a run learns, and in which steps.</summary>
    Training,

    /// <summary>Rates of the optimizer.</summary>
    Optimizer,

    /// <summary>The measurements.</summary>
    Measuring,

    /// <summary>Where a server listens, and within which limits.</summary>
    Server,

    /// <summary>Help, version, messages.</summary>
    General,
}
