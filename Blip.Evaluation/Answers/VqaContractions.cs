namespace Blip.Evaluation;

/// <summary>Contractions without apostrophes, from the official VQA evaluation, with its mistakes.</summary>
internal static class VqaContractions
{
    // Keys are the entries without apostrophes.
    private const string Plain =
        "ain't aren't can't could've couldn't didn't doesn't don't hadn't hasn't haven't he'd he's how'd how'll how's isn't it'd it'll "
            + "ma'am mightn't might've "
        + "mustn't must've needn't not've o'clock oughtn't shan't should've shouldn't somebody'll somebody's someone'd someone'll "
        + "someone's something'd something'll "
        + "that's there'd there're there's they'd they'll they're they've 'twas wasn't we've weren't what'll what're what's what've when's "
        + "where'd where's where've "
        + "who'd who'll who's who've why'll why're why's won't would've wouldn't y'all you'd you'll you're you've";

    public static Dictionary<string, string> Apostrophes { get; } = Build();

    private static Dictionary<string, string> Build()
    {
        var words = Plain.Split(' ').ToDictionary(word => word.Replace("'", "", StringComparison.Ordinal), StringComparer.Ordinal);
        // Double contractions that kept one apostrophe, and the list's exceptions.
        foreach (var doubled in (string[])[
            "couldn't've", "hadn't've", "he'd've", "it'd've", "mightn't've", "she'd've", "shouldn't've", "somebody'd've", "someone'd've",
                "something'd've",
            "there'd've", "they'd've", "we'd've", "who'd've", "wouldn't've", "you'd've"])
        {
            var first = doubled.IndexOf('\'', StringComparison.Ordinal);
            var second = doubled.LastIndexOf('\'');
            words[doubled.Remove(first, 1)] = doubled;
            words[doubled.Remove(second, 1)] = doubled;
        }
        foreach (var (from, to) in ((string, string)[])[
            ("ow's'at", "'ow's'at"), ("'ows'at", "'ow's'at"), ("'ow'sat", "'ow's'at"), ("somebody'd", "somebodyd"), ("yall'll", "y'all'll"),
                ("y'allll", "y'all'll"),
            ("yall'd've", "y'all'd've"), ("y'alld've", "y'all'd've"), ("y'all'dve", "y'all'd've")])
            words[from] = to;
        return words;
    }
}
